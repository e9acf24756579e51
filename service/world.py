"""Who lives in the played world: invented units, bureaus and people, so that journeys have somebody to act.

Data and one loop that registers it. Nobody here exists; every address is under example.cn and nothing leaves the machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from directory import tokens
from directory.actor import Grant, Role
from directory.bureau import bureaus_of
from directory.division import divisions
from directory.person import Identity
from directory.unit import Unit, UnitCode, UnitKind, UnitTag
from eventstore.dispatch import Context
from service.wiring import ROOF, House

PROVINCE, GUANGDONG = "43", "44"
LUSHAN = "91430104MAXTE5T16B"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """*id* is also how journeys and sign-in links call the person; *title* says what they are, Chinese then English."""

    id: str
    name: str
    title: tuple[str, str]
    grants: tuple[tuple[Role, str], ...] = ()
    fields: tuple[str, ...] = ()
    employer: str = ""
    language: str = "zh"

    @property
    def email(self) -> str:
        return f"{self.id}@example.cn"


def _unit(
    code: str,
    name: str,
    name_en: str,
    registered_on: date,
    county: str,
    *,
    tags: tuple[UnitTag, ...] = (),
    group: str = "",
    kind: UnitKind = UnitKind.ENTERPRISE,
) -> Unit:
    return Unit(
        code=UnitCode(code),
        name=name,
        name_en=name_en,
        kind=kind,
        registered_on=registered_on,
        county=county,
        tags=frozenset(tags),
        group_root=group,
    )


YUESHUN_GROUP = "91440600MAXTE5U47B"
GUANGDONG_UNITS = (
    _unit(
        "91440606MAXTE5U12F",
        "广东粤顺智造科技有限公司",
        "Guangdong Yueshun Smart Making",
        date(2018, 4, 12),
        "440606",
        tags=(UnitTag.AI_ENTERPRISE, UnitTag.MANUFACTURER),
        group=YUESHUN_GROUP,
    ),
    _unit(
        "91440606MAXTE5U20A",
        "佛山粤顺软件有限公司",
        "Foshan Yueshun Software",
        date(2019, 8, 1),
        "440606",
        group=YUESHUN_GROUP,
    ),
    _unit(
        "91440605MAXTE5U39Q",
        "佛山粤顺精机有限公司",
        "Foshan Yueshun Machinery",
        date(2015, 2, 10),
        "440605",
        tags=(UnitTag.MANUFACTURER,),
        group=YUESHUN_GROUP,
    ),
    _unit(YUESHUN_GROUP, "粤顺集团有限公司", "Yueshun Group", date(2005, 6, 1), "440606"),
)
DONGGUAN_UNITS = (
    _unit(
        "91441900MAXTE7D44W",
        "东莞松山智模制造有限公司",
        "Dongguan Songshan Smart Moulds",
        date(2016, 3, 9),
        "441900401",
        tags=(UnitTag.AI_ENTERPRISE, UnitTag.MANUFACTURER),
    ),
    _unit(
        "91441900MAXTE7E593",
        "东莞莲湖精密电子有限公司",
        "Dongguan Lianhu Precision",
        date(2014, 7, 1),
        "441900",
        tags=(UnitTag.MANUFACTURER,),
    ),
)
"""In a city without counties: one in a park, one in no town."""

HUNAN_UNITS_OF_OTHER_ROUTES = (
    _unit("91430212MAXTE7A104", "株洲渌口云链智造有限公司", "Zhuzhou Lukou Cloud Chain", date(2018, 5, 8), "430212"),
    _unit(
        "12430000MAXTE7B25Q",
        "湖南省智能计算研究院",
        "Hunan Institute of Intelligent Computing",
        date(2012, 10, 1),
        "430105",
        tags=(UnitTag.PROVINCIAL,),
        kind=UnitKind.PUBLIC_INSTITUTION,
    ),
    _unit(
        "91430211MAXTE7C3XW",
        "株洲市数据产业集团有限公司",
        "Zhuzhou Data Industry Group",
        date(2017, 9, 20),
        "430211",
        tags=(UnitTag.CITY_DIRECT,),
    ),
)
"""A county under direct provincial finance, the province's own, a city's own (A-03)."""

UNITS = (
    _unit(LUSHAN, "湖南岳麓智模科技有限公司", "Hunan Yuelu Smart Models", date(2021, 6, 18), "430104"),
    _unit("91430104MAXTE6A118", "长沙麓谷问渠智能有限公司", "Changsha Lugu Wenqu", date(2019, 3, 5), "430104"),
    _unit("91430111MAXTE6D44R", "长沙雨花观澜数智有限公司", "Changsha Yuhua Guanlan", date(2020, 9, 9), "430111"),
    _unit(
        "91430111MAXTE6G777", "湖南圭塘云医科技有限公司", "Hunan Guitang Cloud Medicine", date(2018, 1, 16), "430111"
    ),
    _unit("91430104MAXTE6H88W", "长沙后湖新芽智能有限公司", "Changsha Houhu Sprout", date(2023, 1, 1), "430104"),
    _unit("91430104MAXTE6J99N", "长沙梅溪文澜智算有限公司", "Changsha Meixi Wenlan", date(2020, 4, 27), "430104"),
    _unit("91430104MAXTE6K007", "长沙桃花岭农智有限公司", "Changsha Taohualing Agritech", date(2019, 11, 11), "430104"),
    _unit(
        "91430281MAXTE5T24U",
        "湖南渌江数智转型服务有限公司",
        "Hunan Lujiang Transformation",
        date(2019, 8, 20),
        "430281",
    ),
    *GUANGDONG_UNITS,
    *HUNAN_UNITS_OF_OTHER_ROUTES,
    *DONGGUAN_UNITS,
)

_UNIT_PEOPLE = (
    # unit, its people's prefix, editor, admin
    (UNITS[0], "", "林婉清", "周砚舟"),
    (UNITS[1], "wenqu-", "韩知远", "苏映雪"),
    (UNITS[2], "guanlan-", "谢沐阳", "唐若水"),
    (UNITS[3], "guitang-", "彭云岫", "罗青禾"),
    (UNITS[4], "sprout-", "曾小满", "黎晓棠"),
    (UNITS[5], "wenlan-", "邓听松", "贺兰亭"),
    (UNITS[6], "nongzhi-", "肖谷雨", "田丰年"),
    (UNITS[7], "lujiang-", "何青瓷", "邹窑生"),
    (GUANGDONG_UNITS[0], "zhizao-", "梁知行", "何景行"),
    (GUANGDONG_UNITS[2], "jingji-", "招子昂", "区慧如"),
    (HUNAN_UNITS_OF_OTHER_ROUTES[0], "lukou-", "申渌湘", "谭云链"),
    (HUNAN_UNITS_OF_OTHER_ROUTES[1], "yuan-", "邱知算", "任明理"),
    (HUNAN_UNITS_OF_OTHER_ROUTES[2], "shuju-", "文数之", "戴城建"),
    (DONGGUAN_UNITS[0], "songshan-", "黎松涛", "袁映山"),
    (DONGGUAN_UNITS[1], "lianhu-", "叶莲生", "莫湖平"),
)

_OFFICERS = (
    ("yuelu-clerk", "刘一鸣", "岳麓区经办人", "clerk of Yuelu", Role.BUREAU_CLERK, "430104"),
    ("yuelu-head", "陈守正", "岳麓区负责人", "head of Yuelu", Role.BUREAU_HEAD, "430104"),
    ("yuhua-clerk", "易思源", "雨花区经办人", "clerk of Yuhua", Role.BUREAU_CLERK, "430111"),
    ("yuhua-head", "熊定邦", "雨花区负责人", "head of Yuhua", Role.BUREAU_HEAD, "430111"),
    ("changsha-clerk", "钟采薇", "长沙市经办人", "clerk of Changsha", Role.BUREAU_CLERK, "430100"),
    ("changsha-head", "欧阳明", "长沙市负责人", "head of Changsha", Role.BUREAU_HEAD, "430100"),
    ("liling-clerk", "丁窑火", "醴陵市经办人", "clerk of Liling", Role.BUREAU_CLERK, "430281"),
    ("liling-head", "潘渌水", "醴陵市负责人", "head of Liling", Role.BUREAU_HEAD, "430281"),
    ("zhuzhou-clerk", "齐炎陵", "株洲市经办人", "clerk of Zhuzhou", Role.BUREAU_CLERK, "430200"),
    ("zhuzhou-head", "成神农", "株洲市负责人", "head of Zhuzhou", Role.BUREAU_HEAD, "430200"),
    ("lukou-clerk", "宾伏波", "渌口区经办人", "clerk of Lukou", Role.BUREAU_CLERK, "430212"),
    ("lukou-head", "殷伏岭", "渌口区负责人", "head of Lukou", Role.BUREAU_HEAD, "430212"),
    ("clerk", "蒋文博", "省厅经办人", "clerk of the province", Role.PROVINCE_CLERK, PROVINCE),
    ("lead", "龙行健", "省厅负责人", "lead of the province", Role.PROVINCE_LEAD, PROVINCE),
    ("finance", "孟计然", "省级财务", "finance officer", Role.PROVINCE_FINANCE, PROVINCE),
    ("discipline-clerk", "石砥中", "纪检经办人", "discipline clerk", Role.DISCIPLINE_CLERK, PROVINCE),
    ("discipline-head", "严立本", "纪检负责人", "discipline head", Role.DISCIPLINE_HEAD, PROVINCE),
    ("operator", "温可行", "系统管理员", "system administrator", Role.OPERATOR, PROVINCE),
    ("security", "卫子衡", "安全管理员", "security administrator", Role.SECURITY, PROVINCE),
    ("security-2", "陆安澜", "安全管理员", "security administrator", Role.SECURITY, PROVINCE),
    ("auditor", "高照临", "审计管理员", "audit administrator", Role.AUDITOR, PROVINCE),
    ("shunde-clerk", "伍一方", "顺德区经办人", "clerk of Shunde", Role.BUREAU_CLERK, "440606"),
    ("shunde-head", "霍守成", "顺德区负责人", "head of Shunde", Role.BUREAU_HEAD, "440606"),
    ("nanhai-head", "邵南洲", "南海区负责人", "head of Nanhai", Role.BUREAU_HEAD, "440605"),
    ("foshan-clerk", "冼文心", "佛山市经办人", "clerk of Foshan", Role.BUREAU_CLERK, "440600"),
    ("foshan-head", "陆广明", "佛山市负责人", "head of Foshan", Role.BUREAU_HEAD, "440600"),
    ("songshanhu-clerk", "叶湖生", "松山湖经办人", "clerk of Songshan Lake", Role.BUREAU_CLERK, "441900401"),
    ("songshanhu-head", "莫松年", "松山湖负责人", "head of Songshan Lake", Role.BUREAU_HEAD, "441900401"),
    ("dongguan-clerk", "尹可园", "东莞市经办人", "clerk of Dongguan", Role.BUREAU_CLERK, "441900"),
    ("dongguan-head", "王莞香", "东莞市负责人", "head of Dongguan", Role.BUREAU_HEAD, "441900"),
    ("gd-clerk", "简达", "广东省厅经办人", "clerk of Guangdong", Role.PROVINCE_CLERK, GUANGDONG),
    ("gd-lead", "关山月", "广东省厅负责人", "lead of Guangdong", Role.PROVINCE_LEAD, GUANGDONG),
    ("gd-finance", "区正清", "广东省级财务", "finance officer of Guangdong", Role.PROVINCE_FINANCE, GUANGDONG),
)

_EVERYWHERE = frozenset({Role.AUDITOR})
"""Who looks into every province of the played world; all others hold office in one."""

_EXPERTS = (
    ("expert-1", "顾怀瑾", "91430105MAXTE6B22G", ("大模型", "自然语言处理")),
    ("expert-2", "沈既白", "91430121MAXTE6C33F", ("大模型", "多模态")),
    ("expert-3", "宋时予", "91430102MAXTE6E55J", ("大模型", "工程机械")),
    ("expert-4", "程远山", "91430103MAXTE6F66T", ("工程机械", "工业")),
    ("expert-5", "陆静言", "91430105MAXTE6B22G", ("数据安全", "大模型")),
    ("expert-6", "潘晓峰", "91430121MAXTE6C33F", ("财务", "大模型")),
    ("expert-7", "薛以宁", "91430102MAXTE6E55J", ("自然语言处理", "测评")),
    ("expert-8", "郭松筠", "91430103MAXTE6F66T", ("大模型", "算力")),
    ("expert-9", "丁若谷", "91430105MAXTE6B22G", ("工业", "大模型")),
)


def people() -> Iterator[Person]:
    """Everybody, units' people first. One of the province's holds the lead's and finance's grants both, to be told apart."""
    for unit, prefix, editor, admin in _UNIT_PEOPLE:
        yield _of_unit(f"{prefix}editor", editor, "申报经办人", "editor", Role.UNIT_EDITOR, unit)
        yield _of_unit(f"{prefix}admin", admin, "单位管理员", "admin", Role.UNIT_ADMIN, unit)
    for person, name, zh, en, role, scope in _OFFICERS:
        scopes = (PROVINCE, GUANGDONG) if role in _EVERYWHERE else (scope,)
        yield Person(id=person, name=name, title=(zh, en), grants=tuple((role, one) for one in scopes))
    both = ((Role.PROVINCE_LEAD, PROVINCE), (Role.PROVINCE_FINANCE, PROVINCE))
    yield Person(id="lead-and-finance", name="常兼之", title=("省厅负责人兼财务", "lead and finance"), grants=both)
    for person, name, employer, fields in _EXPERTS:
        yield Person(
            id=person,
            name=name,
            title=("评审专家", "expert"),
            grants=tuple((Role.EXPERT, one) for one in (PROVINCE, GUANGDONG)),
            fields=fields,
            employer=employer,
            language="en" if person == "expert-9" else "zh",
        )


def _of_unit(person: str, name: str, zh: str, en: str, role: Role, unit: Unit) -> Person:
    return Person(
        id=person, name=name, title=(f"{unit.name}{zh}", f"{en} of {unit.name_en}"), grants=((role, unit.code),)
    )


def populate(house: House) -> dict[str, str]:
    """Register everybody and answer an API token for each by id. Run on an empty register."""
    register, context = house.register, house.as_roof()
    for province in (PROVINCE, GUANGDONG):
        register.register_bureaus(context, (one for one in bureaus_of(province, divisions()) if _here(one.code)))
    for unit in UNITS:
        register.register_unit(context, unit)
    for person in people():
        _settle(house, context, person)
    with house.store.begin() as db:
        now = house.wall.now(db)
        return {person.id: tokens.issue(db, person.id, "journeys", now)[0] for person in people()}


def _here(bureau: str) -> bool:
    return bureau in (PROVINCE, GUANGDONG) or bureau.startswith(("4301", "4302", "4406", "4419"))


def _settle(house: House, context: Context, person: Person) -> None:
    identity = Identity(name=person.name, email=person.email, phone="0731-88955549", language=person.language)
    house.register.register_person(context, identity, person.id)
    for role, scope in person.grants:
        house.register.give(context, ROOF, person.id, Grant(role, scope))
    if person.fields:
        house.register.list_expert(
            context, person.id, employer=person.employer, title="正高级工程师", fields=person.fields
        )
