CREATE TABLE applications (
	id TEXT COLLATE "C" NOT NULL,
	call TEXT COLLATE "C" DEFAULT '' NOT NULL,
	number TEXT COLLATE "C" DEFAULT '' NOT NULL,
	serial BIGINT DEFAULT 0 NOT NULL,
	programme TEXT COLLATE "C" DEFAULT '' NOT NULL,
	direction TEXT COLLATE "C" DEFAULT '' NOT NULL,
	definition TEXT COLLATE "C" DEFAULT '' NOT NULL,
	lead_unit TEXT COLLATE "C" DEFAULT '' NOT NULL,
	unit_name TEXT COLLATE "C" DEFAULT '' NOT NULL,
	project_name TEXT COLLATE "C" DEFAULT '' NOT NULL,
	sector TEXT COLLATE "C" DEFAULT '' NOT NULL,
	stage TEXT COLLATE "C" DEFAULT '' NOT NULL,
	holder TEXT COLLATE "C" DEFAULT '' NOT NULL,
	region TEXT COLLATE "C" DEFAULT '' NOT NULL,
	county TEXT COLLATE "C" DEFAULT '' NOT NULL,
	city TEXT COLLATE "C" DEFAULT '' NOT NULL,
	province TEXT COLLATE "C" DEFAULT '' NOT NULL,
	zone TEXT COLLATE "C" DEFAULT '' NOT NULL,
	second_zone TEXT COLLATE "C" DEFAULT '' NOT NULL,
	due_at BIGINT DEFAULT 253402300799999999 NOT NULL,
	rank INTEGER,
	amount_fen BIGINT,
	content_digest TEXT COLLATE "C" DEFAULT '' NOT NULL,
	county_list TEXT COLLATE "C",
	county_slot INTEGER,
	city_list TEXT COLLATE "C",
	city_slot INTEGER,
	notice_opens TEXT COLLATE "C" DEFAULT '' NOT NULL,
	notice_closes TEXT COLLATE "C" DEFAULT '' NOT NULL,
	version BIGINT DEFAULT 0 NOT NULL,
	opened_at BIGINT DEFAULT 0 NOT NULL,
	changed_at BIGINT DEFAULT 0 NOT NULL,
	standing TEXT DEFAULT '{}' NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT applications_number UNIQUE (call, number),
	CONSTRAINT applications_serial UNIQUE (call, programme, serial),
	CONSTRAINT applications_county_slot UNIQUE (county_list, county_slot),
	CONSTRAINT applications_city_slot UNIQUE (city_list, city_slot)
);
CREATE INDEX applications_amount ON applications (call, amount_fen);
CREATE INDEX applications_city ON applications (city, due_at, id);
CREATE INDEX applications_city_stage ON applications (city, stage, due_at, id);
CREATE INDEX applications_county ON applications (county, due_at, id);
CREATE INDEX applications_county_stage ON applications (county, stage, due_at, id);
CREATE INDEX applications_held ON applications (holder, due_at, id);
CREATE INDEX applications_held_stage ON applications (holder, stage, due_at, id);
CREATE INDEX applications_notice ON applications (notice_closes, id);
CREATE INDEX applications_project_name ON applications (project_name);
CREATE INDEX applications_province ON applications (province, due_at, id);
CREATE INDEX applications_province_stage ON applications (province, stage, due_at, id);
CREATE INDEX applications_second_zone ON applications (second_zone, due_at, id) WHERE second_zone <> '';
CREATE INDEX applications_second_zone_stage ON applications (second_zone, stage, due_at, id) WHERE second_zone <> '';
CREATE INDEX applications_stage ON applications (stage, due_at, id);
CREATE INDEX applications_unit ON applications (lead_unit, due_at, id);
CREATE INDEX applications_unit_name ON applications (unit_name);
CREATE INDEX applications_zone ON applications (zone, due_at, id) WHERE zone <> '';
CREATE INDEX applications_zone_stage ON applications (zone, stage, due_at, id) WHERE zone <> '';
