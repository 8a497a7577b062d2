"""What a submission is measured against: a Django view that stores one row, and that is all."""
