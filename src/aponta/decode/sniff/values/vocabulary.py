"""Names of columns in files of Portuguese and English speaking makers."""

import re

from aponta.decode.sniff.values.units import slug

MACHINE = (
    "machine maquina maq equipamento equip equipment asset recurso machineid machine_id station posto dispositivo "
    "device"
)
PRODUCT = (
    "product produto part peca item program programa prog setdescjob sku material artigo article partno part_no "
    "partnumber referencia ref model modelo receita recipe product_id"
)
COUNTER = (
    "counter contador count cnt serial seq nsr partcount part_count shot ciclos contagem id udi nr numero number n "
    "sequence actcntcyc"
)
QUALITY = "quality qualidade result resultado status ok q class classe judge verdict good"
CYCLE = "cycle ciclo cycle_s ct cycletime cycle_time tempo_ciclo tempo_de_ciclo acttimcyc"
STAMP = "produced stamp timestamp time datetime fim end data_hora datahora produced_at ts"
PIECES = "pieces pecas qty quantity quantidade items qtd cavities cavidades"
TOTALS = {
    "good_total": "good boas aprovadas good_total total_good total_boas ok_total good_parts goodcount good_count",
    "scrap_total": "scrap refugo refugos rejeitadas reject rejects rejected scrap_total total_refugo nok_total "
    "bad_parts scrapcount scrap_count",
    "rework_total": "rework retrabalho rework_total total_retrabalho",
}
DURATION = "time tempo duration duracao"
TAG = "tag tagname variable variavel signal sinal name nome varname"
VALUE = "value valor varvalue val"
OF_A_CODE = "id no nr number numero num code cod codigo name nome"
SURE_ENDING = 8  # letters, as of partcount in ppartcount


def means(name: str | None, known: str) -> bool:
    """The name is one of the known words, ends with one, or is its code. Units in brackets are ignored."""
    if not name:
        return False
    words = known.split()
    plain = slug(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", re.sub(r"[\[(].*?[\])]", "", name)))
    whole = plain.rstrip("0123456789").rstrip("_")
    first, *rest = plain.split("_")
    last = whole.rpartition("_")[2]
    if plain in words or whole in words or whole.replace("_", "") in words or len(last) > 2 and last in words:
        return True
    return (
        first in words
        and all(word in OF_A_CODE.split() for word in rest)
        or any(whole.endswith(word) for word in words if len(word) >= SURE_ENDING)
    )
