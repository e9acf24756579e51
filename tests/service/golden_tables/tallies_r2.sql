CREATE TABLE tallied (
	application TEXT COLLATE "C" NOT NULL,
	state TEXT NOT NULL,
	PRIMARY KEY (application)
);
CREATE TABLE tallies (
	call TEXT COLLATE "C" NOT NULL,
	what TEXT COLLATE "C" NOT NULL,
	county TEXT COLLATE "C" NOT NULL,
	zone TEXT COLLATE "C" NOT NULL,
	second_zone TEXT COLLATE "C" NOT NULL,
	direction TEXT COLLATE "C" NOT NULL,
	one TEXT COLLATE "C" NOT NULL,
	other TEXT COLLATE "C" NOT NULL,
	city TEXT COLLATE "C" DEFAULT '' NOT NULL,
	province TEXT COLLATE "C" DEFAULT '' NOT NULL,
	times BIGINT DEFAULT 0 NOT NULL,
	amount BIGINT DEFAULT 0 NOT NULL,
	in_time BIGINT DEFAULT 0 NOT NULL,
	late BIGINT DEFAULT 0 NOT NULL,
	PRIMARY KEY (call, what, county, zone, second_zone, direction, one, other)
);
CREATE TABLE tally_traces (
	what TEXT COLLATE "C" NOT NULL,
	one TEXT COLLATE "C" NOT NULL,
	other TEXT COLLATE "C" NOT NULL,
	application TEXT COLLATE "C" NOT NULL,
	times BIGINT DEFAULT 0 NOT NULL,
	PRIMARY KEY (what, one, other, application)
);
CREATE TABLE tally_place (
	id INTEGER NOT NULL,
	position BIGINT NOT NULL,
	PRIMARY KEY (id)
);
