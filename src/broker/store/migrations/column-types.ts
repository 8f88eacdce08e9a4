import { type RawBuilder, sql } from 'kysely';

export type StoreDialect = 'sqlite' | 'postgres';

/** What the two databases call the same, for SQLite's strict tables. */
export type ColumnTypes = {
  /** Below 2^53: a time, a running number. */
  readonly whole: 'integer' | 'bigint';
  readonly real: RawBuilder<unknown>;
  /** What a table ends with. */
  readonly tableEnd: RawBuilder<unknown>;
};

export function columnTypesOf(dialect: StoreDialect): ColumnTypes {
  return dialect === 'sqlite'
    ? { whole: 'integer', real: sql`real`, tableEnd: sql`strict` }
    : { whole: 'bigint', real: sql`double precision`, tableEnd: sql`` };
}
