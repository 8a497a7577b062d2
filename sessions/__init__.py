"""Sessions, the forms mailed after them, and the ratings that come back."""
