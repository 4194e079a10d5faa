/** Has a confirmed change of the table on disk, whatever the database's or the application's default is. */
export function commitToDisk(table: string): string {
  return `CREATE TRIGGER commit_to_disk BEFORE INSERT OR UPDATE OR DELETE ON countersign.${table}
      FOR EACH STATEMENT WHEN (current_setting('synchronous_commit') NOT IN ('on', 'remote_apply'))
      EXECUTE FUNCTION countersign.commit_to_disk();`
}
