
#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SOCKETS_H */
