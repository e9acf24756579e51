"""Endpoints for machines: kept, verified, tested, read and replayed, and what every type of event looks like.

Whoever may not have an endpoint in hand is told there is none.
"""

from collections.abc import Iterator

from web.operations import Operation
from webhooks.desk import Keeping, Telling, Trying, list_types, read_type
from webhooks.models import (
    ChangedEndpoint,
    EndpointAnswer,
    EndpointsAnswer,
    NewEndpoint,
    NewSecret,
    ParcelsAnswer,
    ReplayAnswer,
    SecretAnswer,
    TestAnswer,
    TypeAnswer,
    TypesAnswer,
    Vouching,
    Which,
    WholeParcel,
    Window,
)
from webhooks.room import Hooks

PLACE = "/webhooks/<uuid:endpoint_id>"


def operations(hooks: Hooks) -> Iterator[Operation]:
    """Everything that can be asked of endpoints."""
    yield from _kept(Keeping(hooks))
    yield from _tried(Trying(hooks))
    yield from _told(Telling(hooks))
    yield from _types()


def _kept(keeping: Keeping) -> Iterator[Operation]:
    yield Operation(
        id="createWebhook",
        method="POST",
        path="/webhooks",
        action="webhook.manage",
        summary_zh="新建回调端点",
        summary_en="Set up an endpoint",
        perform=keeping.create,
        request=NewEndpoint,
        answer=SecretAnswer,
        status=201,
        command=True,
    )
    yield Operation(
        id="changeWebhook",
        method="PUT",
        path=PLACE,
        action="webhook.manage",
        summary_zh="修改端点",
        summary_en="Change an endpoint",
        perform=keeping.change,
        request=ChangedEndpoint,
        answer=EndpointAnswer,
        command=True,
        admit=keeping.admit,
    )
    yield Operation(
        id="rotateWebhookSecret",
        method="POST",
        path=PLACE + "/secret",
        action="webhook.manage",
        summary_zh="更换签名密钥，旧密钥再用 24 小时",
        summary_en="A new secret; the former counts for 24 hours more",
        perform=keeping.rotate,
        request=NewSecret,
        answer=SecretAnswer,
        command=True,
        admit=keeping.admit,
    )
    for id_, path, zh, en, perform in (
        ("enableWebhook", "/enabling", "启用端点", "Switch an endpoint on", keeping.enable),
        ("disableWebhook", "/disabling", "停用端点", "Switch an endpoint off", keeping.disable),
    ):
        yield Operation(
            id=id_,
            method="POST",
            path=PLACE + path,
            action="webhook.manage",
            summary_zh=zh,
            summary_en=en,
            perform=perform,
            answer=EndpointAnswer,
            command=True,
            admit=keeping.admit,
        )
    yield Operation(
        id="deleteWebhook",
        method="DELETE",
        path=PLACE,
        action="webhook.manage",
        summary_zh="删除端点",
        summary_en="Delete an endpoint",
        perform=keeping.delete,
        status=204,
        command=True,
        admit=keeping.admit,
    )


def _tried(trying: Trying) -> Iterator[Operation]:
    yield Operation(
        id="verifyWebhook",
        method="POST",
        path=PLACE + "/verification",
        action="webhook.manage",
        summary_zh="验证端点，通过即启用",
        summary_en="Verify an endpoint; it is switched on when it answers",
        perform=trying.verify,
        request=Vouching,
        answer=EndpointAnswer,
        command=True,
        admit=trying.admit,
    )
    yield Operation(
        id="testWebhook",
        method="POST",
        path=PLACE + "/test",
        action="webhook.manage",
        summary_zh="发送测试",
        summary_en="Send a test",
        perform=trying.test,
        answer=TestAnswer,
        admit=trying.admit,
    )
    yield Operation(
        id="replayWebhook",
        method="POST",
        path=PLACE + "/replay",
        action="webhook.manage",
        summary_zh="重放已记录的投递，默认只计数",
        summary_en="Send recorded parcels again; only counted unless dry_run is false",
        perform=trying.replay,
        request=Window,
        answer=ReplayAnswer,
        command=True,
        admit=trying.admit,
    )


def _told(telling: Telling) -> Iterator[Operation]:
    yield Operation(
        id="listWebhooks",
        method="GET",
        path="/webhooks",
        action="webhook.read",
        summary_zh="回调端点",
        summary_en="Endpoints",
        perform=telling.every,
        answer=EndpointsAnswer,
    )
    yield Operation(
        id="readWebhook",
        method="GET",
        path=PLACE,
        action="webhook.read",
        summary_zh="查看端点",
        summary_en="Read an endpoint",
        perform=telling.one,
        answer=EndpointAnswer,
        admit=telling.admit_reader,
    )
    yield Operation(
        id="listParcels",
        method="GET",
        path=PLACE + "/parcels",
        action="webhook.read",
        summary_zh="端点的投递",
        summary_en="The parcels of an endpoint",
        perform=telling.parcels,
        query=Which,
        answer=ParcelsAnswer,
        admit=telling.admit_reader,
    )
    yield Operation(
        id="readParcel",
        method="GET",
        path=PLACE + "/parcels/<parcel_id>",
        action="webhook.read",
        summary_zh="一条投递和每次尝试",
        summary_en="A parcel and every attempt",
        perform=telling.parcel,
        answer=WholeParcel,
        admit=telling.admit_reader,
    )


def _types() -> Iterator[Operation]:
    yield Operation(
        id="listEventTypes",
        method="GET",
        path="/webhooks/event-types",
        action="webhook.types",
        summary_zh="公布的事件类型",
        summary_en="The event types that are published",
        perform=list_types,
        answer=TypesAnswer,
        public=True,
    )
    yield Operation(
        id="readEventType",
        method="GET",
        path="/webhooks/event-types/<event_type>",
        action="webhook.types",
        summary_zh="一种事件的结构和样例",
        summary_en="Schema and example of one event type",
        perform=read_type,
        answer=TypeAnswer,
        public=True,
    )
