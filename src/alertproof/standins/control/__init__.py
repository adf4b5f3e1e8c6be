"""Control of a stand-in, the same for every vendor: what arrived as raw bytes, faults, the clock, delayed sight.

None of it is at the vendor. It answers on a port of its own, to who has the stack's token.
"""
