CREATE TABLE refused_attempts (
	scope TEXT COLLATE "C" NOT NULL,
	application TEXT COLLATE "C" NOT NULL,
	per TEXT COLLATE "C" NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	times BIGINT DEFAULT 0 NOT NULL,
	last_at BIGINT DEFAULT 0 NOT NULL,
	PRIMARY KEY (scope, application, per, key)
);
CREATE INDEX refused_attempts_key ON refused_attempts (scope, per, key);
