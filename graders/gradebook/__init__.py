"""A class's grades in a directory: what was handed in, and one durable result for each student.

GRADES/students/ID/intake.json        who it is, which bytes
GRADES/students/ID/submission-*.*     the bytes as they were handed in, for appeals
GRADES/students/ID/result.json        the verdict
GRADES/students/ID/unconfirmed.json   a first verdict that is to be repeated alone
GRADES/students/ID/earlier/           verdicts that newer ones have replaced
"""
