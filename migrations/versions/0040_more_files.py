"""More kinds of files of a batch: pain.001, the XML for the treasury, and the printed list.

Revision ID: 0040
Revises: 0038
"""

from alembic import op

revision = "0040"
down_revision = "0038"
branch_labels = None
depends_on = None

_ADDED = "('pain.001', 'treasury', 'pdf')"


def upgrade() -> None:
    _allow("'xlsx', 'csv', 'pain.001', 'treasury', 'pdf'")


def downgrade() -> None:
    # The older service knows none of them; what was sent stays in the store of files.
    op.execute("ALTER TABLE batch_file DISABLE TRIGGER USER")
    op.execute(f"DELETE FROM batch_file WHERE format IN {_ADDED}")
    op.execute("ALTER TABLE batch_file ENABLE TRIGGER USER")
    _allow("'xlsx', 'csv'")


def _allow(formats: str) -> None:
    op.execute("ALTER TABLE batch_file DROP CONSTRAINT ck_batch_file_format")
    op.execute(f"ALTER TABLE batch_file ADD CONSTRAINT ck_batch_file_format CHECK (format IN ({formats}))")
