CREATE TABLE assignments (
	expert TEXT COLLATE "C" NOT NULL,
	application TEXT COLLATE "C" NOT NULL,
	drawn_at BIGINT DEFAULT 0 NOT NULL,
	left_at BIGINT,
	PRIMARY KEY (expert, application)
);
