CREATE TABLE sheets (
	application TEXT COLLATE "C" NOT NULL,
	expert TEXT COLLATE "C" NOT NULL,
	total BIGINT DEFAULT 0 NOT NULL,
	marks TEXT NOT NULL,
	comment TEXT NOT NULL,
	scored_at BIGINT DEFAULT 0 NOT NULL,
	PRIMARY KEY (application, expert)
);
CREATE INDEX sheets_expert ON sheets (expert, application);
CREATE TABLE results (
	application TEXT COLLATE "C" NOT NULL,
	result BIGINT DEFAULT 0 NOT NULL,
	totals TEXT NOT NULL,
	said TEXT NOT NULL,
	closed_at BIGINT DEFAULT 0 NOT NULL,
	PRIMARY KEY (application)
);
