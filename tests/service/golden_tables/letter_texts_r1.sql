CREATE TABLE letter_texts (
	kind TEXT NOT NULL,
	language TEXT NOT NULL,
	version INTEGER NOT NULL,
	subject TEXT,
	body TEXT,
	why TEXT NOT NULL,
	restores INTEGER NOT NULL,
	house TEXT NOT NULL,
	by TEXT NOT NULL,
	at BIGINT NOT NULL,
	stream_version INTEGER NOT NULL,
	CONSTRAINT letter_texts_key PRIMARY KEY (kind, language, version)
);
