CREATE TABLE bank_references (
	reference TEXT COLLATE "C" NOT NULL,
	application TEXT COLLATE "C" DEFAULT '' NOT NULL,
	PRIMARY KEY (reference)
);
