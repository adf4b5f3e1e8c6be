"""A tenant's users: every one may see them, an admin may create one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from m3core.api.answering import LIMITED, LoggedIn, answer
from m3core.services import services_of
from m3core.users import NewUser, Role, Taken, User, UserList, UserStore

__all__ = ["user_routes"]

user_routes = APIRouter(prefix="/api", responses=LIMITED)


async def my_users(request: Request, caller: LoggedIn) -> UserStore:
    """Return the users of the calling tenant."""
    return services_of(request).users_of(str(caller.tenant))


MyUsers = Annotated[UserStore, Depends(my_users)]


@user_routes.get("/users", response_model=UserList)
def list_users(users: MyUsers) -> Response:
    """List users by e-mail."""
    return answer(users.all())


@user_routes.post(
    "/users",
    status_code=201,
    response_model=User,
    responses={403: {"description": "the caller is no admin"}, 409: {"description": "the e-mail is taken"}},
)
def create_user(users: MyUsers, caller: LoggedIn, new: NewUser) -> Response:
    """Create a user, as an admin."""
    # Asked of the database each time: an admin who is none any more still has a session.
    me = users.get(caller.user_id or 0)
    if me is None or me.role is not Role.ADMIN:
        raise HTTPException(403, "only an admin may create users")
    try:
        return answer(users.create(new), 201)
    except Taken:
        raise HTTPException(409, "there is a user with this e-mail") from None
