CREATE TABLE attached_files (
	file_id TEXT COLLATE "C" NOT NULL,
	application TEXT COLLATE "C" DEFAULT '' NOT NULL,
	slot TEXT COLLATE "C" DEFAULT '' NOT NULL,
	sha256 TEXT COLLATE "C" DEFAULT '' NOT NULL,
	size BIGINT DEFAULT 0 NOT NULL,
	PRIMARY KEY (file_id)
);
CREATE INDEX attached_files_application ON attached_files (application);
