-- Splits every table that grows with the sessions of people into 16 parts by the user, each of which may lie on a disk of
-- its own. Run it with all servers stopped, after `countersign migrate`; later migrations go through it as they are. Read in
-- docs/decisions/0031-keys-begin-with-the-user.md what it costs.
DO $$
DECLARE
  parts CONSTANT integer := 16;
  name text;
  definition record;
BEGIN
  FOREACH name IN ARRAY ARRAY['sessions', 'api_keys', 'codes', 'consents', 'links', 'recovery_codes', 'totp'] LOOP
    EXECUTE format('ALTER TABLE countersign.%1$I RENAME TO %2$I', name, name || '_whole');
    EXECUTE format('CREATE TABLE countersign.%1$I (LIKE countersign.%2$I INCLUDING ALL) PARTITION BY HASH (user_id)',
      name, name || '_whole');
    FOR part IN 0 .. parts - 1 LOOP
      EXECUTE format('CREATE TABLE countersign.%1$I PARTITION OF countersign.%2$I
          FOR VALUES WITH (MODULUS %3$s, REMAINDER %4$s) WITH (fillfactor = 75)',
        name || '_' || part, name, parts, part);
    END LOOP;
    EXECUTE format('INSERT INTO countersign.%1$I SELECT * FROM countersign.%2$I', name, name || '_whole');
    -- What LIKE does not bring: references to users, and the triggers.
    FOR definition IN
      SELECT pg_get_constraintdef(oid) AS text FROM pg_constraint
      WHERE conrelid = format('countersign.%I', name || '_whole')::regclass AND contype = 'f'
    LOOP
      EXECUTE format('ALTER TABLE countersign.%I ADD %s', name, definition.text);
    END LOOP;
    FOR definition IN
      SELECT pg_get_triggerdef(oid) AS text FROM pg_trigger
      WHERE tgrelid = format('countersign.%I', name || '_whole')::regclass AND NOT tgisinternal
    LOOP
      EXECUTE replace(definition.text, name || '_whole', name);
    END LOOP;
    EXECUTE format('DROP TABLE countersign.%I', name || '_whole');
  END LOOP;
END $$;
