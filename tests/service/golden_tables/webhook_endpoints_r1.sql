CREATE TABLE webhook_endpoints (
	id TEXT COLLATE "C" NOT NULL,
	kind TEXT COLLATE "C" NOT NULL,
	owner TEXT COLLATE "C" NOT NULL,
	name TEXT NOT NULL,
	host TEXT COLLATE "C" NOT NULL,
	url TEXT COLLATE "C" NOT NULL,
	types TEXT NOT NULL,
	programmes TEXT NOT NULL,
	ordered BOOLEAN NOT NULL,
	language TEXT COLLATE "C" NOT NULL,
	secrets TEXT NOT NULL,
	public_key TEXT COLLATE "C" NOT NULL,
	verified BOOLEAN NOT NULL,
	enabled BOOLEAN NOT NULL,
	why_disabled TEXT COLLATE "C" NOT NULL,
	deleted BOOLEAN NOT NULL,
	version INTEGER NOT NULL,
	created_at BIGINT NOT NULL,
	created_by TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (id)
);
CREATE INDEX webhook_endpoints_owner ON webhook_endpoints (owner, id);
