CREATE TABLE exceptions (
	id TEXT COLLATE "C" NOT NULL,
	scope TEXT COLLATE "C" DEFAULT '' NOT NULL,
	call TEXT COLLATE "C" DEFAULT '' NOT NULL,
	family TEXT COLLATE "C" DEFAULT '' NOT NULL,
	code TEXT COLLATE "C" DEFAULT '' NOT NULL,
	reason TEXT NOT NULL,
	granted_by TEXT COLLATE "C" DEFAULT '' NOT NULL,
	granted_at BIGINT DEFAULT 0 NOT NULL,
	taken_back TEXT,
	taken_back_at BIGINT,
	PRIMARY KEY (id)
);
CREATE INDEX exceptions_code ON exceptions (scope, code);
