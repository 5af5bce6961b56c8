/* Telling the keyboard's signals from those that processes send. */
#ifndef BROKER_SENDER_H
#define BROKER_SENDER_H

/* Has sig written to fd as two bytes: its number, and whether a process sent
 * it. Returns 0 or an errno. */
int broker_tell(int sig, int fd);

/* Gives sig the handler back that it had before. */
int broker_untell(int sig);

/* Returns when no handler writes to the descriptor any more. */
int broker_hush(void);

#endif
