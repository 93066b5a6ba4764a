"""Pictures as data: functions from arrays or frames to Vega-Lite specs; no streamlit, no models."""
