"""What a namespace may hold: LimitRanges and ResourceQuotas, as objects and as they are enforced."""
