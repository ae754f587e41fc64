-- Whose run it is, so that who begins one need not look at those of every other cluster. Of a run without it nobody can tell, and everybody looks.
ALTER TABLE run ADD COLUMN cluster text;
CREATE INDEX run_cluster ON run (cluster);
CREATE INDEX claim_key ON claim (key);
