CREATE TABLE exclusive_places (
	scope TEXT COLLATE "C" NOT NULL,
	per TEXT COLLATE "C" NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	exception TEXT COLLATE "C" NOT NULL,
	holder TEXT COLLATE "C" DEFAULT '' NOT NULL,
	claims BIGINT DEFAULT 0 NOT NULL,
	PRIMARY KEY (scope, per, key, exception)
);
CREATE TABLE exclusive_claims (
	application TEXT COLLATE "C" NOT NULL,
	scope TEXT COLLATE "C" NOT NULL,
	per TEXT COLLATE "C" NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	exception TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (application, scope, per, key)
);
CREATE INDEX exclusive_claims_key ON exclusive_claims (scope, per, key);
