"""Where each door begins."""

from django.urls import include, path

urlpatterns = [
    path("", include("laidan.interfaces.api.probes")),
    path("api/v1/", include("laidan.interfaces.api.urls")),
    path("", include("laidan.interfaces.web.urls")),
]

handler400 = "laidan.interfaces.web.views.faults.bad_request"
handler403 = "laidan.interfaces.web.views.faults.forbidden"
handler404 = "laidan.interfaces.web.views.faults.not_found"
handler500 = "laidan.interfaces.web.views.faults.broken"
