"""Cities by their Russian names, as they stand alone, behind "по" and behind "в", each with its zone."""

from __future__ import annotations

from collections.abc import Iterator

_CITIES = {
    "Africa": """
        Accra аккра Addis_Ababa аддис-абеба Algiers алжир Cairo каир Casablanca касабланка Dakar дакар Harare хараре
        Johannesburg йоханнесбург Kampala кампала Khartoum хартум Kinshasa киншаса Lagos лагос Luanda луанда
        Lusaka лусака Maputo мапуту Nairobi найроби Tripoli триполи Tunis тунис Windhoek виндхук""",
    "America": """
        Anchorage анкоридж Argentina/Buenos_Aires буэнос-айрес Asuncion асунсьон Bogota богота Caracas каракас
        Chicago чикаго Denver денвер Detroit детройт Edmonton эдмонтон Guatemala гватемала Halifax галифакс
        Havana гавана La_Paz ла-пас Lima лима Los_Angeles лос-анджелес Managua манагуа Mexico_City мехико
        Monterrey монтеррей Montevideo монтевидео Montreal монреаль New_York нью-йорк Panama панама Phoenix финикс
        Puerto_Rico пуэрто-рико Santiago сантьяго Santo_Domingo санто-доминго Sao_Paulo сан-паулу Tijuana тихуана
        Toronto торонто Vancouver ванкувер Winnipeg виннипег""",
    "Asia": """
        Aden аден Almaty алматы|алма-ата Amman амман Anadyr анадырь Aqtau актау Aqtobe актобе Ashgabat ашхабад
        Atyrau атырау Baghdad багдад Bahrain бахрейн Baku баку Bangkok бангкок Barnaul барнаул Beirut бейрут
        Bishkek бишкек Brunei бруней Chita чита Colombo коломбо Damascus дамаск Dhaka дакка Dubai дубай
        Dushanbe душанбе Famagusta фамагуста Gaza газа Hebron хеврон Ho_Chi_Minh хошимин Hong_Kong гонконг
        Irkutsk иркутск Jakarta джакарта Jerusalem иерусалим Kabul кабул
        Kamchatka камчатка|петропавловск-камчатский Karachi карачи Kathmandu катманду Khandyga хандыга
        Kolkata калькутта Krasnoyarsk красноярск Kuala_Lumpur куала-лумпур Kuwait кувейт Macau макао Magadan магадан
        Manila манила Muscat маскат Nicosia никосия Novokuznetsk новокузнецк Novosibirsk новосибирск Omsk омск
        Oral уральск Phnom_Penh пномпень Pyongyang пхеньян Qatar катар Qostanay костанай Qyzylorda кызылорда
        Riyadh эр-рияд Sakhalin сахалин Samarkand самарканд Seoul сеул Shanghai шанхай Singapore сингапур
        Srednekolymsk среднеколымск Taipei тайбэй|тайпей Tashkent ташкент Tbilisi тбилиси Tehran тегеран
        Tel_Aviv тель-авив Tokyo токио Tomsk томск Ulaanbaatar улан-батор Ust-Nera усть-нера Vientiane вьентьян
        Vladivostok владивосток Yakutsk якутск Yangon янгон Yekaterinburg екатеринбург Yerevan ереван""",
    "Atlantic": "Reykjavik рейкьявик",
    "Australia": "Adelaide аделаида Brisbane брисбен Melbourne мельбурн Perth перт Sydney сидней",
    "Europe": """
        Amsterdam амстердам Andorra андорра Astrakhan астрахань Athens афины Belfast белфаст Belgrade белград
        Berlin берлин Bratislava братислава Brussels брюссель Bucharest бухарест Budapest будапешт
        Chisinau кишинёв Copenhagen копенгаген Dublin дублин Gibraltar гибралтар
        Guernsey гернси Helsinki хельсинки Istanbul стамбул Jersey джерси Kaliningrad калининград
        Kirov киров Kyiv киев Lisbon лиссабон Ljubljana любляна London лондон Luxembourg люксембург Madrid мадрид
        Malta мальта Mariehamn мариехамн Minsk минск Monaco монако Moscow москва Oslo осло Paris париж
        Podgorica подгорица Prague прага Riga рига Rome рим Samara самара San_Marino сан-марино Sarajevo сараево
        Saratov саратов Simferopol симферополь Skopje скопье Sofia софия Stockholm стокгольм Tallinn таллин|таллинн
        Tirane тирана Tiraspol тирасполь Ulyanovsk ульяновск Uzhgorod ужгород Vaduz вадуц Vatican ватикан Vienna вена
        Vilnius вильнюс Volgograd волгоград Warsaw варшава Zagreb загреб Zaporozhye запорожье Zurich цюрих""",
    "Pacific": "Auckland окленд Honolulu гонолулу",
}
_DECLINED = {
    "астрахань": "астрахани",
    "афины": "афинам|афинах",
    "запорожье": "запорожью",
    "петропавловск-камчатский": "петропавловску-камчатскому|петропавловске-камчатском",
}
_ENDINGS = {"ия": ("и",), "а": ("е",), "ь": ("ю", "е"), "й": ("ю", "е")}
"""Of the dative and the prepositional case, in place of the last letter of the names that end so."""


def russian_cities() -> dict[str, str]:
    """Zones by their cities; spellings of one name are parted by "|"."""
    found = {}
    for area, cities in _CITIES.items():
        words = cities.split()
        for zone, names in zip(words[::2], words[1::2], strict=True):
            found["|".join(_spelt(names))] = f"{area}/{zone}"
    return found


def _spelt(names: str) -> Iterator[str]:
    """Every form of the names, as people type them: "нью йорк", "кишинев"."""
    for name in names.split("|"):
        for form in (name, *_declined(name)):
            yield from (form, form.replace("ё", "е"), form.replace("-", " "))


def _declined(name: str) -> Iterator[str]:
    if name in _DECLINED:
        yield from _DECLINED[name].split("|")
    elif name[-1] not in "аеёийоуыьэюя":
        yield from (name + "у", name + "е")
    else:
        endings = next((each for end, each in _ENDINGS.items() if name.endswith(end)), ())
        yield from (name[:-1] + ending for ending in endings)
