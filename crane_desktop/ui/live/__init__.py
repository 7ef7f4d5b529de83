"""The running line on screen: picture, heatmap, verdict, counts."""
