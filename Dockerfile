# One image for web, worker and beat; docker-compose.yml says which of them a container is.

FROM python:3.13-slim AS build
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir "uv<1"
WORKDIR /app

# The libraries first: they change less often than our own files.
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-default-groups

COPY . .
ENV PATH="/app/.venv/bin:$PATH"
RUN pybabel compile --directory locale --domain django
# Collecting static files asks no server. The settings want every variable, so they get values
# that open nothing; they belong to this one command and stay in no layer.
RUN SECRET_KEY=only-to-collect-static-files-0123456789-abcdefghijklmnop \
    FIELD_KEYS=k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= \
    DATABASE_URL=postgres://nobody@127.0.0.1:1/none \
    REDIS_URL=redis://127.0.0.1:1/0 \
    SITE_URL=https://alliance.example.org \
    EMAIL_URL=smtp+tls://127.0.0.1:1 \
    DEFAULT_FROM_EMAIL=forms@example.org \
    python manage.py collectstatic --noinput

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin alliance
WORKDIR /app
COPY --from=build /app /app
ENV PATH="/app/.venv/bin:$PATH" PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
USER alliance
EXPOSE 8000
CMD ["gunicorn", "alliance.wsgi:application"]
