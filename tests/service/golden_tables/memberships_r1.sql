CREATE TABLE memberships (
	invitation TEXT COLLATE "C" NOT NULL,
	application TEXT COLLATE "C" DEFAULT '' NOT NULL,
	unit TEXT COLLATE "C" DEFAULT '' NOT NULL,
	standing TEXT COLLATE "C" DEFAULT '' NOT NULL,
	expires_at BIGINT NOT NULL,
	PRIMARY KEY (invitation)
);
CREATE INDEX memberships_application ON memberships (application);
CREATE INDEX memberships_due ON memberships (standing, expires_at);
CREATE INDEX memberships_unit ON memberships (unit, standing, application);
CREATE TABLE confirmations (
	confirmation TEXT COLLATE "C" NOT NULL,
	application TEXT COLLATE "C" DEFAULT '' NOT NULL,
	PRIMARY KEY (confirmation)
);
