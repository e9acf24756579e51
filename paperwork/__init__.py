"""What is printed: PDF, Word, Excel, with check codes. Comes with the documents' own work; the floor is laid."""
