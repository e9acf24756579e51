"""The papers made from an application: what is on them, under which code, who makes them and who may have them."""
