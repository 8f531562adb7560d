"""The broker as both of its ends know it: queues and actors, what is declared, what travels.

The relay publishes through kombu and the workers consume through Dramatiq and pika; they never
import each other, so what must be the same on both sides is said here and nowhere else.
"""
