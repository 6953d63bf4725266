"""PostgreSQL and Valkey from wheels, for laptops and tests; production brings two URLs instead.

Both servers listen on unix sockets in a private folder and on no network address. The caller owns
`home`: whatever an earlier, killed owner left running there is stopped first.
"""

from app.runtime.databases import create_database, drop_database
from app.runtime.postgres import PostgresHandle, start_postgres
from app.runtime.valkey import ValkeyHandle, start_valkey

__all__ = [
    "PostgresHandle",
    "ValkeyHandle",
    "create_database",
    "drop_database",
    "start_postgres",
    "start_valkey",
]
