"""Who is who, who answers for whom, who may do what. Knows no call and no application."""
