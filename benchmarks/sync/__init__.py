"""How fast do window and centre come together, at the size of a city, beside bare peers on the same server?"""
