"""Who is told what: notices derived from the audit trail, where every change of money or state stands."""
