CREATE TABLE papers (
	code TEXT COLLATE "C" NOT NULL,
	application TEXT COLLATE "C" DEFAULT '' NOT NULL,
	kind TEXT COLLATE "C" DEFAULT '' NOT NULL,
	version INTEGER NOT NULL,
	stage TEXT COLLATE "C" DEFAULT '' NOT NULL,
	at_version BIGINT DEFAULT 0 NOT NULL,
	issued_at BIGINT DEFAULT 0 NOT NULL,
	PRIMARY KEY (code)
);
CREATE INDEX papers_application ON papers (application);
