"""What holds for every operation of a service, whatever it does: tables made from the contract."""
