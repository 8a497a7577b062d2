from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.door import has_permission
from accounts.permissions import Permission


class MayUseApi(BasePermission):
    """Roles that may use the API; which rows they reach is the QuerySets' matter."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return has_permission(request.user, Permission.USE_API)
