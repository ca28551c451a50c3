"""Entry points: each opens the one transaction, locks, authorises, decides, writes, audits."""
