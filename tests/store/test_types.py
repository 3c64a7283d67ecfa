"""Times are int microseconds and JSON is bytes, both ways, alone and in arrays."""

from __future__ import annotations

import pytest

from kleos.store.database import Database

TIMES_US = [0, 1, -1, 1_700_000_000_123_456, -62_135_596_800_000_000, 253_402_300_799_999_999]


@pytest.mark.parametrize("at_us", TIMES_US)
async def test_a_time_comes_back_to_the_microsecond(database: Database, at_us: int) -> None:
    assert await database.pool.fetchval("SELECT $1::timestamptz", at_us) == at_us
    assert await database.pool.fetchval("SELECT $1::timestamptz[]", [at_us, None, at_us]) == [
        at_us,
        None,
        at_us,
    ]


async def test_postgres_means_the_same_moment(database: Database) -> None:
    assert await database.pool.fetchval("SELECT '2024-02-29T12:00:00.000001Z'::timestamptz") == 1709208000000001
    microseconds = "SELECT (extract(epoch FROM $1::timestamptz) * 1000000)::bigint"
    assert await database.pool.fetchval(microseconds, 1709208000000001) == 1709208000000001


async def test_no_time_is_none(database: Database) -> None:
    assert await database.pool.fetchval("SELECT $1::timestamptz", None) is None


@pytest.mark.parametrize("moment", ["infinity", "-infinity"])
async def test_infinity_is_refused(database: Database, moment: str) -> None:
    with pytest.raises(ValueError, match="infinite"):
        await database.pool.fetchval(f"SELECT '{moment}'::timestamptz")


@pytest.mark.parametrize("at_us", [2**63 + 946_684_800_000_000 - 1, -(2**63), 2**70])
async def test_a_time_beyond_all_bounds_is_refused(database: Database, at_us: int) -> None:
    with pytest.raises(Exception, match=r"range|not a time"):
        await database.pool.fetchval("SELECT $1::timestamptz", at_us)


@pytest.mark.parametrize("text", [b'{"a": [1, 2.5, null, "\xc3\xa9"]}', '{"a": [1, 2.5, null, "é"]}'])
@pytest.mark.parametrize("kind", ["json", "jsonb"])
async def test_json_is_its_own_text(database: Database, text: bytes | str, kind: str) -> None:
    expected = text.encode() if isinstance(text, str) else text
    assert await database.pool.fetchval(f"SELECT $1::{kind}", text) == expected
    assert await database.pool.fetchval(f"SELECT $1::{kind}[]", [text, None]) == [expected, None]


async def test_rows_of_a_table_through_arrays(database: Database) -> None:
    async with database.pool.acquire() as connection:
        await connection.execute("CREATE TABLE moments (at timestamptz, body jsonb)")
        insert = "INSERT INTO moments SELECT * FROM unnest($1::timestamptz[], $2::jsonb[])"
        await connection.execute(insert, TIMES_US, [b"%d" % n for n in range(len(TIMES_US))])
        rows = await connection.fetch("SELECT at, body FROM moments ORDER BY body::int")
    assert [(row["at"], row["body"]) for row in rows] == [(at_us, b"%d" % n) for n, at_us in enumerate(TIMES_US)]
