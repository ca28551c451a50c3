"""What is read across all packages: verification now; evaluation, annual reports and statistics later."""
