"""A lender's own spreadsheet of loans, and the mapping that reads it."""

MAPPING = """
[subject]
country = "CN"
time_zone = "Asia/Shanghai"
language = "zh-Hans"
id_type = "PASSPORT"
[constants]
portfolio = "INSTALMENT"
product = "CONSUMER_LOAN"
currency = "CNY"
opened_on = "2024-01-01"
state = "NORMAL"
[columns]
reference = "loan"
id_number = "id"
name = "name"
balance = "owed"
reported_on = "on"
"""
