"""What ContractLibrary stands on."""
