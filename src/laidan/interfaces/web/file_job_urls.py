"""The addresses of long jobs, imports and exports."""

from __future__ import annotations

from django.urls import URLPattern, path

from laidan.interfaces.web.views import exports, imports, job_files, jobs

patterns: list[URLPattern] = [
    path("jobs", jobs.show_jobs, name="jobs"),
    path("jobs/<str:job_id>", jobs.show_job, name="job"),
    path("jobs/<str:job_id>/cancel", jobs.cancel, name="job-cancel"),
    path("jobs/<str:job_id>/results.csv", jobs.results, name="job-results"),
    path("jobs/<str:job_id>/file", job_files.download, name="job-file"),
    path("jobs/<str:job_id>/to-fix.csv", job_files.to_fix, name="job-to-fix"),
    path("jobs/<str:job_id>/undo", job_files.undo, name="job-undo"),
    path("exports", exports.show_exports, name="exports"),
    path("imports", imports.show_imports, name="imports"),
    path("imports/<str:job_id>", imports.show_import, name="import"),
]
