CREATE TABLE people (
	id TEXT NOT NULL,
	name TEXT,
	email TEXT,
	address TEXT,
	phone TEXT,
	language TEXT NOT NULL,
	erased BOOLEAN NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT people_address UNIQUE (address)
);
CREATE TABLE grants (
	person TEXT NOT NULL,
	role TEXT NOT NULL,
	scope TEXT NOT NULL,
	given_by TEXT NOT NULL,
	given_at BIGINT NOT NULL,
	proposed_by TEXT NOT NULL,
	CONSTRAINT grants_key PRIMARY KEY (person, role, scope)
);
CREATE INDEX grants_role ON grants (role, scope, person);
CREATE TABLE proposals (
	person TEXT NOT NULL,
	role TEXT NOT NULL,
	scope TEXT NOT NULL,
	proposed_by TEXT NOT NULL,
	proposed_at BIGINT NOT NULL,
	until BIGINT NOT NULL,
	reason TEXT NOT NULL,
	CONSTRAINT proposals_key PRIMARY KEY (person, role, scope)
);
CREATE TABLE people_invitations (
	id TEXT NOT NULL,
	name TEXT,
	email TEXT,
	role TEXT NOT NULL,
	scope TEXT NOT NULL,
	invited_by TEXT NOT NULL,
	invited_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	ended TEXT NOT NULL,
	resent INTEGER NOT NULL,
	PRIMARY KEY (id)
);
CREATE INDEX people_invitations_by ON people_invitations (invited_by, ended);
CREATE INDEX people_invitations_place ON people_invitations (role, scope);
CREATE TABLE experts (
	person TEXT NOT NULL,
	employer TEXT NOT NULL,
	title TEXT NOT NULL,
	fields TEXT NOT NULL,
	former TEXT NOT NULL,
	PRIMARY KEY (person)
);
CREATE TABLE units (
	code TEXT NOT NULL,
	name TEXT NOT NULL,
	name_en TEXT NOT NULL,
	kind TEXT NOT NULL,
	registered_on DATE NOT NULL,
	county TEXT NOT NULL,
	legal_person BOOLEAN NOT NULL,
	tags TEXT NOT NULL,
	group_root TEXT NOT NULL,
	PRIMARY KEY (code)
);
CREATE INDEX units_group ON units (group_root);
CREATE TABLE bars (
	unit TEXT NOT NULL,
	reason TEXT NOT NULL,
	decision_number TEXT NOT NULL,
	starts DATE NOT NULL,
	until DATE NOT NULL,
	PRIMARY KEY (unit)
);
CREATE TABLE bureaus (
	code TEXT NOT NULL,
	name_zh TEXT NOT NULL,
	name_en TEXT NOT NULL,
	level TEXT NOT NULL,
	region TEXT NOT NULL,
	email TEXT NOT NULL,
	PRIMARY KEY (code)
);
