from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path

from alliance import urls as ours

LINE = '<!DOCTYPE html><html lang="en"><title>Bare</title><p>How was your session?</p></html>\n'


@login_not_required
def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse(LINE)


urlpatterns = [path("bare/", bare), *ours.urlpatterns]
