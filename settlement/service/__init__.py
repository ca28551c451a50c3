"""Entry points of the package: each opens the one transaction, locks, authorises, decides, writes and audits."""
