"""OPC UA: a server, by subscription or read in cycles."""
