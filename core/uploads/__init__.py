"""What strangers hand in, judged before it is read whole: names, ends, archives, XML. Pure: streams in, reasons out."""
