"""Reasons: every code that a door may answer with, said in Chinese and in English."""

from collections.abc import Mapping
from typing import NamedTuple


class Reason(NamedTuple):
    """What a code means and what the sender can do."""

    zh: str
    en: str


#: A code never changes its meaning; a test holds that every one in use stands here, and no other.
REASONS: Mapping[str, Reason] = {
    # the bytes
    "not_json": Reason("报文不是合法的 JSON", "this is not JSON; nothing of it could be read"),
    "not_utf8": Reason("文本不是 UTF-8 编码", "text must be UTF-8; GB 18030 is not"),
    "too_deep": Reason("嵌套层数过多", "nested too deeply to be read"),
    "too_large": Reason("超过大小上限:单条 1 MB", "an event may have 1 MB"),
    "nul_character": Reason("不允许出现字符 U+0000", "the character U+0000 is not allowed anywhere"),
    "unreadable_record": Reason(
        "Kafka 记录无法解析:头名须为 UTF-8,或压缩方式不支持,或数据损坏;同批其后的记录也须重发",
        "the Kafka record cannot be taken apart: a header's name that is no UTF-8, an unknown codec, or broken bytes; "
        "send it again, and what followed it in its batch",
    ),
    # the event
    "wrong_type": Reason("值的类型不对", "the value is of another type than the contract says"),
    "missing_field": Reason("缺少必填字段", "a field that must be there is missing"),
    "out_of_range": Reason("长度、格式或数值超出范围", "length, form or value lies outside what is allowed"),
    "unknown_value": Reason("取值不在允许的列表内", "the value is none of those allowed"),
    "unknown_type": Reason("没有这种事件类型", "there is no such event type; the contract lists them"),
    "bad_time": Reason("时间不符合 RFC 3339", "write times as RFC 3339 says, such as 2026-11-24T09:02:00+08:00"),
    "time_without_zone": Reason(
        "时间缺少时区;请写明偏移,或请管理员为来源登记时区",
        "the time has no offset: write one, or have a zone registered for the source",
    ),
    "limit_too_long": Reason("时限不超过 240 个月", "no limit is longer than 240 months"),
    "time_out_of_range": Reason("时间不在 1990 年至 2099 年之间", "times lie between 1990 and 2099"),
    "key_mismatch": Reason("Kafka 键与编号不符", "the Kafka key is not authority|subject"),
    "subject_oversized": Reason("同一办件的记录过多", "too many records for one subject"),
    "wrong_family": Reason("事件类型与主题不符", "the event belongs on the topic of another family"),
    # the register
    "unknown_source": Reason(
        "来源未登记;请管理员执行 govpulse source add", "the source is not registered: 'govpulse source add' does it"
    ),
    "revoked_source": Reason("来源已停用", "the source was shut out; ask the operator"),
    "source_quarantined": Reason(
        "来源报送的错误过多,已被隔离;请保留数据,待管理员解除后重发",
        "the source sent too much that could not be taken and is quarantined: keep your events, send them again when it is released",
    ),
    "foreign_source": Reason("密钥属于另一来源", "the key belongs to another source than the event names"),
    "authority_not_allowed": Reason(
        "来源无权报送该编号机构的编号", "the source may not tell numbers of this authority"
    ),
    "family_not_allowed": Reason("来源无权报送此类事件", "the source may not tell events of this family"),
    "type_not_allowed": Reason("此类事件只由平台自身产生", "events of this type are made by the platform alone"),
    "unit_not_allowed": Reason("来源无权报送该部门的事件", "the source may not tell of this unit"),
    "area_not_allowed": Reason("来源无权报送该区划的事件", "the source may not tell of this area, or names none"),
    # a dead letter that is replayed
    "payload_expired": Reason(
        "死信原文已过期删除", "the bytes of this dead letter are gone: have the source send it again"
    ),
    "identity_changed": Reason("补丁改动了 source 或 id", "the patch changes source or id: a replay keeps both"),
    "subject_deleted": Reason(
        "主体已删除;须以更高的 dataversion 才能恢复",
        "the subject was deleted since: only a dataversion above that of its deletions brings it back",
    ),
    # the request
    "unauthorised": Reason("缺少密钥,或密钥无效", "no key, or one that does not hold"),
    "foreign_receipt": Reason("回执属于另一来源", "the receipt is another source's"),
    "no_receipt": Reason("尚无回执:未收到,或尚未落地", "no receipt: never received, or not landed yet"),
    "not_found": Reason("没有这个地址", "there is nothing at this address"),
    "method_not_allowed": Reason("不支持该方法", "this address does not know the method"),
    "unsupported_media_type": Reason(
        "内容类型须为 application/cloudevents+json、application/cloudevents-batch+json,或带 ce- 头的 application/json",
        "send application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce- headers",
    ),
    "unsupported_encoding": Reason("内容编码只支持 gzip", "of content encodings only gzip is known"),
    "bad_gzip": Reason("gzip 数据损坏或不完整", "the gzip is broken or incomplete"),
    "bad_header": Reason(
        "ce- 头须为百分号编码的 UTF-8,Kafka 的 ce_ 头须为 UTF-8",
        "ce- headers are percent-encoded UTF-8, Kafka's ce_ headers plain UTF-8",
    ),
    "body_too_large": Reason("超过大小上限:单条 1 MB,批量 5 MB", "one event may have 1 MB, a batch 5 MB, unpacked"),
    "too_many_events": Reason("一批最多 1000 条", "a batch may have 1,000 events"),
    "not_a_list": Reason("批量报文须为 JSON 数组", "a batch is a JSON array"),
    "too_slow": Reason("报文未在规定时间内传完", "the body did not come in time"),
    "busy": Reason("正忙,请稍后重发", "too much is under way; send it again soon"),
    "too_much_at_once": Reason(
        "本来源在途数据过多,请等待回复后再发",
        "this source has too much under way; wait for answers before sending more",
    ),
    "backfill_waits": Reason(
        "正在优先处理实时数据;补传的历史数据请稍后重发",
        "what happens now comes first while the workers are behind: send old events again after a while",
    ),
    "kafka_away": Reason(
        "消息系统暂不可用;未确认接收,请稍后重发", "the broker is away: nothing was received for certain; send it again"
    ),
    "not_ready": Reason("尚未就绪,请稍后重发", "not ready yet; send it again soon"),
    "database_away": Reason("数据库暂不可用,请稍后再试", "the database is away; ask again soon"),
    # said of what was received
    "from_the_future": Reason(
        "事件时间晚于当前时间;到时才会计入,请核对来源时钟",
        "dated later than now: it counts when its time comes; look at the clock of the source",
    ),
    "unmapped_code": Reason(
        "报文中的代码不在标准清单内, 已记为 unmapped; 请核对数据字典或在 code_map 中登记",
        "a code that is none of the contract's counts as 'unmapped': see the data dictionary, or map it in code_map",
    ),
    "limit_without_unit": Reason(
        "时限只有数值没有单位, 已按工作日计算; 请补充 unit",
        "a limit without a unit counts in working days: say its 'unit'",
    ),
}
