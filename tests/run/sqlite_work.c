// SPDX-License-Identifier: GPL-2.0-or-later
// SQLite linked statically: a database in memory and one in a file, with transactions and an index.
#include <sqlite3.h>
#include <stdio.h>

static int print_row(void *unused, int n, char **values, char **names)
{
	for (int i = 0; i < n; i++)
		printf("%s%s", i ? "|" : "", values[i] ? values[i] : "NULL");
	printf("\n");
	return 0;
}

static int work(const char *path)
{
	static const char *const statements[] = {
		"PRAGMA journal_mode",
		"CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, weight REAL)",
		"BEGIN",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
		"INSERT INTO person SELECT i, 'name' || (i * 7919 % 5003), i * 0.25 FROM n",
		"COMMIT",
		"CREATE INDEX by_name ON person(name)",
		"SELECT count(*), sum(weight), min(name), max(name) FROM person",
		"SELECT id, name FROM person WHERE name BETWEEN 'name10' AND 'name1004' ORDER BY name LIMIT 6",
		"UPDATE person SET weight = weight * 2 WHERE id % 10 = 0",
		"SELECT id % 10 AS d, count(*), avg(weight) FROM person GROUP BY d ORDER BY d",
		"DELETE FROM person WHERE id > 2500",
		"SELECT a.id, b.id FROM person a JOIN person b ON b.id = a.id * a.id WHERE a.id < 8",
		"BEGIN",
		"DELETE FROM person",
		"ROLLBACK",
		"SELECT count(*) FROM person",
		"SELECT upper(hex('text')), printf('%.3f', 2.0 / 3), substr('substring', 4, 3), abs(-7)",
		"VACUUM",
		"PRAGMA integrity_check",
	};
	sqlite3 *db;
	char *error = NULL;

	if (sqlite3_open(path, &db) != SQLITE_OK)
		return 1;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		if (sqlite3_exec(db, statements[i], print_row, NULL, &error) != SQLITE_OK) {
			fprintf(stderr, "%s: %s\n", statements[i], error);
			return 1;
		}
	}
	return sqlite3_close(db) != SQLITE_OK;
}

int main(void)
{
	return work(":memory:") || work("people.db");
}
